#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// What each target defines: takes any bytes, checks the laws of its room on them, gives 0.
/// Built twice: with libFuzzer, which invents the bytes (`./dev fuzz`), and with `replay.cpp`, which reads
/// the kept corpus again in every test run.
int fuzz_one(const std::uint8_t* data, std::size_t size);

namespace libexec::fuzz {

/// A law that does not hold ends the program, under NDEBUG as well; the fuzzer keeps the bytes that did it.
inline void require(bool holds, const char* law) {
    if (holds) return;
    std::fprintf(stderr, "broken law: %s\n", law);
    std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size);
}

/// A number drawn from the bytes themselves (FNV-1a), so that corpora need no control bytes in front.
inline std::uint64_t drawn_from(std::string_view bytes, std::uint64_t which) {
    std::uint64_t hash = 14'695'981'039'346'656'037u ^ which;
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1'099'511'628'211u;
    return hash ^ hash >> 29;
}

/// Where to cut `bytes` in two: anywhere, both ends included.
inline std::size_t cut_of(std::string_view bytes, std::uint64_t which) {
    return static_cast<std::size_t>(drawn_from(bytes, which) % (bytes.size() + 1));
}

}  // namespace libexec::fuzz
