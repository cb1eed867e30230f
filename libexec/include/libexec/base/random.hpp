#pragma once

#include <cassert>
#include <cstdint>
#include <string_view>

namespace libexec {

/// Seeded chance: the same seed gives the same run on every platform. Never for keys.
class Random {
public:
    /// The generator of this seed, at its first draw.
    explicit constexpr Random(std::uint64_t seed) : state_(seed) {}

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    constexpr std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    /// A number in [0, bound). The bias is below bound / 2^64.
    constexpr std::uint64_t below(std::uint64_t bound) {
        assert(bound > 0);
        return next() % bound;
    }

private:
    std::uint64_t state_;
};

static_assert(Random(0).next() == 0xe220a8397b1dcdaf, "published first output for seed 0");

/// A new seed from `seed` and one more thing the draw depends on. Chained, it makes a draw a function
/// of its inputs alone, so that concurrency never changes an outcome.
constexpr std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t part) {
    return Random(seed ^ Random(part).next()).next();
}

/// The same for a word: FNV-1a of its bytes.
constexpr std::uint64_t derive_seed(std::uint64_t seed, std::string_view word) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return derive_seed(seed, hash);
}

}  // namespace libexec
