"""What every JSON answer consists of, as types, of which `idcli schema` makes its schemas."""
