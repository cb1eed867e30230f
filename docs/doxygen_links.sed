# For Doxygen: links between files of the repository become their words; its pages are elsewhere.
s/\[\([^]]*\)\]([^)]*)/\1/g
