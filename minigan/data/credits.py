"""Who made the data: what has to be said where weights that were learned from them are handed on."""

CREDITS = {
    "mnist10k": "MNIST by Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0",
    "mnist": "MNIST by Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0",
    "fashion_mnist": "Fashion-MNIST by H. Xiao, K. Rasul and R. Vollgraf, (c) Zalando SE, MIT",
    "digits8": "digits by E. Alpaydin and C. Kaynak, CC BY 4.0",
    "emoji": "Twemoji, (c) Twitter, Inc. and other contributors, CC BY 4.0",
    "emoji_noto": "Noto Emoji, (c) Google, Apache-2.0",
    "portraits": "DiceBear's ToonHead by Johan Melin, CC BY 4.0",
    "bouncing_digits": "MNIST by Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0",
    "moving_portraits": "DiceBear's ToonHead by Johan Melin, CC BY 4.0",
    "ring": "points drawn by minigan",
    "grid": "points drawn by minigan",
}


def credit(data: str) -> str:
    """The maker and the licence of a data set, by its name; of a folder they are not known."""
    return CREDITS.get(data, "not known: ask whoever made the weights which pictures they were trained on")
