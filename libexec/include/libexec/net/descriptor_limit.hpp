#pragma once

#include <cstdint>

namespace libexec {

/// What a process needs besides its connections: the store, the log, the network threads, and some room.
inline constexpr std::uint64_t descriptors_of_its_own = 128;
/// Connections beyond the limit of a server that are still told so.
inline constexpr std::uint64_t surplus_connections = 256;

/// How many files and sockets this process may have open (RLIMIT_NOFILE); the largest number for no limit.
std::uint64_t descriptor_limit();

/// Raises that limit to `wanted`, or as far as the system's hard limit goes, and returns what it is now. It
/// never lowers it. Changes the whole process: for programs, not for libraries.
std::uint64_t raise_descriptor_limit(std::uint64_t wanted);

}  // namespace libexec
