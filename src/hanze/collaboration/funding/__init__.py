"""The money of missions: permissions to travel with their costs, and vouchers."""
