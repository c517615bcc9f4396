"""Random weights and statistics for networks of other code bases, like those of trained ones."""

import pytest

torch = pytest.importorskip("torch")


def draw_weights(model, last_norms, classifier, attention=0.1):
    """Sets weights so that features stay moderate and no norm or block is the identity.

    Args:
        model: A `torch.nn.Module`.
        last_norms: The end of the names of the last norm of each residual branch.
        classifier: The last layer.
        attention: The variance of the output of a non-local convolution for unit features.
    """
    torch.manual_seed(0)
    with torch.no_grad():
        for name, module in model.named_modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.weight.normal_(0.25 if name.endswith(last_norms) else 1.0, 0.1)
                module.bias.normal_(0, 0.1)
                module.running_mean.normal_(0, 0.2)
                module.running_var.uniform_(0.6, 1.8)
            elif isinstance(module, torch.nn.modules.conv._ConvNd):
                gain = attention if "non_local" in name else 2.0
                module.weight.normal_(0, (gain / module.weight[0].numel()) ** 0.5)
                if module.bias is not None:
                    module.bias.normal_(0, 0.1)
        classifier.weight.normal_(0, 0.01)
        classifier.bias.normal_(0, 0.1)
    return model.eval()


def checkpoint(model):
    """Returns what `torch.save` would write, as arrays."""
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}
