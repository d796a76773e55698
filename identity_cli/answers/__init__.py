"""What every JSON answer consists of, as types: the commands are held to them, `idcli schema` prints them."""
