"""Finance: metering, rating, invoices, books."""
