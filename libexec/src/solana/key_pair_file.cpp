// Reads by hand, into locked memory: a JSON document or a string would leave copies of the key on the heap.
#include <unistd.h>

#include <algorithm>

#include "libexec/base/private_file.hpp"
#include "libexec/solana/key_pair.hpp"
#include "locked_memory.hpp"

namespace libexec {
namespace {

constexpr std::size_t text_most = 4'096;  // 64 numbers of three digits with room for spaces
constexpr std::size_t seed_size = 32;
constexpr std::size_t numbers = 64;

Rejection trouble(const std::string& path, const std::string& what) {
    return reject(Reason::invalid_parameter, "the key file '" + path + "' " + what);
}

/// Fills `text`, of text_most + 1 bytes. Gives how many there are.
Result<std::size_t> read_private(const std::string& path, std::uint8_t* text) {
    auto opened = PrivateFile::open(path);
    if (!opened) return trouble(path, opened.error().detail);
    PrivateFile file = std::move(opened).value();
    if (file.owner() != ::geteuid())
        return trouble(path, "belongs to user " + std::to_string(file.owner()) + ", and this is user " +
                                 std::to_string(::geteuid()) + ": chown it");
    std::size_t size = 0;
    while (size <= text_most) {
        const auto part = file.read({text + size, text_most + 1 - size});
        if (!part) return trouble(path, part.error().detail);
        if (part.value() == 0) return size;
        size += part.value();
    }
    return trouble(path, "is larger than " + std::to_string(text_most) + " bytes");
}

/// Steps over the text of a JSON array. Gives nothing away: what it says names places, not numbers.
class ArrayReader {
public:
    ArrayReader(const std::uint8_t* text, std::size_t size) : at_(text), end_(text + size) {}

    bool take(char mark) {
        skip_space();
        if (at_ == end_ || *at_ != static_cast<std::uint8_t>(mark)) return false;
        ++at_;
        return true;
    }

    /// A number from 0 to 255, without a zero in front.
    bool take_byte(std::uint8_t& byte) {
        skip_space();
        const std::uint8_t* const start = at_;
        unsigned value = 0;
        while (at_ != end_ && *at_ >= '0' && *at_ <= '9' && at_ - start < 3)
            value = value * 10 + (*at_++ - '0');
        byte = static_cast<std::uint8_t>(value & 0xff);
        return at_ != start && value <= 255 && (*start != '0' || at_ - start == 1);
    }

    bool at_end() {
        skip_space();
        return at_ == end_;
    }

private:
    void skip_space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
    }

    const std::uint8_t* at_;
    const std::uint8_t* const end_;
};

/// What is wrong with the text; fills `key` otherwise.
std::string parse(const std::uint8_t* text, std::size_t size, std::uint8_t* key) {
    ArrayReader reader(text, size);
    if (!reader.take('[')) return "does not begin with [";
    for (std::size_t i = 0; i < numbers; ++i) {
        if (i > 0 && !reader.take(',')) return "has no comma behind number " + std::to_string(i) + " of 64";
        if (!reader.take_byte(key[i])) return "has no number from 0 to 255 in place " + std::to_string(i + 1);
    }
    if (!reader.take(']')) return "does not end with ] behind 64 numbers";
    if (!reader.at_end()) return "goes on behind its array";
    return {};
}

}  // namespace

Result<KeyPair> read_key_pair_file(const std::string& path) {
    const LockedBytes text = lock_memory(text_most + 1);
    const auto size = read_private(path, text.get());
    if (!size) return size.error();
    const LockedBytes key = lock_memory(numbers);
    const std::string wrong = parse(text.get(), size.value(), key.get());
    if (!wrong.empty()) return trouble(path, wrong + ": it is no key pair as solana-keygen writes it");
    KeyPair pair = KeyPair::from_seed(std::span<const std::uint8_t, seed_size>(key.get(), seed_size));
    if (!std::equal(pair.public_key().bytes().begin(), pair.public_key().bytes().end(),
                    key.get() + seed_size))
        return trouble(
            path, "has a public half that does not belong to its secret one: restore it from its backup");
    return pair;
}

}  // namespace libexec
