#include "libexec/solana/lookup_table.hpp"

#include <algorithm>
#include <string>

#include "libexec/solana/well_known.hpp"
#include "little_endian.hpp"

namespace libexec {
namespace {

constexpr std::size_t head_size = 56;
constexpr std::size_t address_size = 32;
constexpr std::size_t addresses_most = 256;
constexpr std::uint32_t is_table = 1;

Rejection bad(const std::string& what) { return reject(Reason::bad_account, "a lookup table " + what); }

}  // namespace

std::size_t LookupTable::usable_in(std::uint64_t slot) const {
    // The chain still takes a deactivated table for a while; nothing that is built now should count on that.
    if (deactivated_in != never) return 0;
    return slot > extended_in ? addresses.size() : std::min<std::size_t>(extended_from, addresses.size());
}

Result<LookupTable> read_lookup_table(const PublicKey& key, const AccountState& account) {
    if (account.owner != well_known::lookup_table_program)
        return bad("belongs to its program, not to " + account.owner.to_string());
    const std::span<const std::uint8_t> data = account.data;
    if (data.size() < head_size || (data.size() - head_size) % address_size != 0)
        return bad("has 56 bytes and 32 for each address, not " + std::to_string(data.size()));
    const std::size_t count = (data.size() - head_size) / address_size;
    if (count > addresses_most) return bad("has at most 256 addresses, not " + std::to_string(count));
    const auto type = little_endian::read<std::uint32_t>(data, 0);
    if (type != is_table) return bad("is of type 1, not " + std::to_string(type));
    if (data[21] > 1) return bad("has an authority or none, not " + std::to_string(data[21]));

    LookupTable table;
    table.key = key;
    table.deactivated_in = little_endian::read<std::uint64_t>(data, 4);
    table.extended_in = little_endian::read<std::uint64_t>(data, 12);
    table.extended_from = data[20];
    if (data[21] == 1) table.authority = little_endian::read_key(data, 22);
    table.addresses.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        table.addresses.push_back(little_endian::read_key(data, head_size + i * address_size));
    return table;
}

}  // namespace libexec
