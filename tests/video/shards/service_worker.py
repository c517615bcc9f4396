"""Runs a worker of a `tf.data` service until it is killed: `python service_worker.py HOST:PORT`."""

import sys

import tensorflow as tf

service = tf.data.experimental.service


def main(dispatcher):
    config = service.WorkerConfig(dispatcher_address=dispatcher, heartbeat_interval_ms=100)
    server = service.WorkerServer(config)
    print("ready", flush=True)
    server.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
