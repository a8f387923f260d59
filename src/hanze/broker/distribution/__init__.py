"""Operations that go to several Context Sources (CIM 009, 4.3.3, 4.3.4, 4.3.6, 5.5.13, 5.5.14)."""
