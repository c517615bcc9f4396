"""Runs a dispatcher or a worker of a `tf.data` service until it is killed.

python service_process.py dispatcher
python service_process.py worker HOST:PORT
"""

import sys

import tensorflow as tf

service = tf.data.experimental.service


def main(role, dispatcher=None):
    if role == "dispatcher":
        config = service.DispatcherConfig(
            port=0, job_gc_check_interval_ms=1000, job_gc_timeout_ms=5000
        )
        server = service.DispatchServer(config)
        print(server.target.split("://")[1], flush=True)
    else:
        config = service.WorkerConfig(dispatcher_address=dispatcher, heartbeat_interval_ms=100)
        server = service.WorkerServer(config)
        print("ready", flush=True)
    server.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
