"""PsiZero Autopilot runs the business side of a company that sells an API."""
