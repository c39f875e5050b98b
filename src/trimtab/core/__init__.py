"""What every room uses: checks, words, files, random numbers, the native extension."""
