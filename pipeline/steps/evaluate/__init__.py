"""The gate: translate the test split, score it with sacreBLEU and chrF in TFMA, compare."""
