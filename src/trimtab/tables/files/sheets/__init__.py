"""What a workbook holds: which sheet, where its table begins, and its cells."""
