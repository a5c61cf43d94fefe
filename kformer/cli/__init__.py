"""The command `kformer`: thin names for the package's public functions, with the same arguments."""


def main() -> int:
    return 0
