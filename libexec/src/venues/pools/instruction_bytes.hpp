#pragma once

#include <cstdint>
#include <string_view>

#include "libexec/solana/instruction.hpp"

namespace libexec::pools {

/// The data of an instruction, little endian, as the programs here read it.
class InstructionBytes {
public:
    explicit InstructionBytes(std::string_view discriminator)
        : bytes_(discriminator.begin(), discriminator.end()) {}

    InstructionBytes& u8(std::uint8_t value) {
        bytes_.push_back(value);
        return *this;
    }
    InstructionBytes& u64(std::uint64_t value) {
        for (int i = 0; i < 8; ++i, value >>= 8) bytes_.push_back(static_cast<std::uint8_t>(value));
        return *this;
    }
    Bytes take() { return std::move(bytes_); }

private:
    Bytes bytes_;
};

inline AccountMeta readable(const PublicKey& key) { return {key, false, false}; }
inline AccountMeta writable(const PublicKey& key) { return {key, false, true}; }
inline AccountMeta signing(const PublicKey& key) { return {key, true, false}; }

}  // namespace libexec::pools
