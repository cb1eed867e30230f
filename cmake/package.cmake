# find_package(libexec CONFIG) for those who install it.
