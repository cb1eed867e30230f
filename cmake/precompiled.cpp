// Carries the precompiled header; see libexec_precompile in room.cmake.
