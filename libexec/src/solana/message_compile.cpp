#include <algorithm>
#include <map>
#include <string>

#include "libexec/solana/message.hpp"

namespace libexec {
namespace {

constexpr std::size_t keys_most = 256;
constexpr std::size_t signers_most = 127;  // one more and a legacy message would look like another version
constexpr std::size_t list_most = 0xffff;

Rejection refuse(std::string why) { return reject(Reason::invalid_parameter, std::move(why)); }

/// Where a lookup table has an address.
struct Place {
    std::size_t table = 0;
    std::uint8_t at = 0;
};

/// A key and all that the instructions together say about it.
struct Named {
    PublicKey key;
    bool signer = false;
    bool writable = false;
    bool runs = false;
    std::optional<Place> place = {};
};

class Keys {
public:
    explicit Keys(const MessageDraft& draft) : tables_(draft.tables) {
        name(draft.payer, true, true);
        for (const Instruction& instruction : draft.instructions) {
            name(instruction.program, false, false).runs = true;
            for (const AccountMeta& account : instruction.accounts)
                name(account.key, account.signer, account.writable);
        }
        for (Named& named : named_) {
            if (!named.signer && !named.runs) named.place = find_in_tables(named.key);
        }
    }

    bool payer_runs() const { return named_.front().runs; }
    std::size_t size() const { return named_.size(); }
    std::size_t count(bool signer, bool writable) const {
        return static_cast<std::size_t>(std::count_if(named_.begin(), named_.end(), [&](const Named& named) {
            return !named.place && named.signer == signer && named.writable == writable;
        }));
    }

    /// Gives each key its number. There are at most 256.
    void number(Message& message) {
        for (const bool signer : {true, false}) {
            for (const bool writable : {true, false}) {
                for (const Named& named : named_) {
                    if (named.place || named.signer != signer || named.writable != writable) continue;
                    give_number(named);
                    message.keys.push_back(named.key);
                }
            }
        }
        for (const bool writable : {true, false}) {
            for (std::size_t table = 0; table < tables_.size(); ++table) {
                for (const Named& named : named_) {
                    if (named.place && named.place->table == table && named.writable == writable)
                        give_number(named);
                }
            }
        }
        for (std::size_t table = 0; table < tables_.size(); ++table) {
            TableLookup lookup{.table = tables_[table].key, .writable = {}, .readonly = {}};
            for (const Named& named : named_) {
                if (!named.place || named.place->table != table) continue;
                (named.writable ? lookup.writable : lookup.readonly).push_back(named.place->at);
            }
            if (!lookup.writable.empty() || !lookup.readonly.empty())
                message.lookups.push_back(std::move(lookup));
        }
    }
    std::uint8_t number_of(const PublicKey& key) const { return numbers_.at(key); }

private:
    Named& name(const PublicKey& key, bool signer, bool writable) {
        const auto [known, is_new] = places_.try_emplace(key, named_.size());
        if (is_new) named_.push_back({.key = key});
        Named& named = named_[known->second];
        named.signer |= signer;
        named.writable |= writable;
        return named;
    }

    std::optional<Place> find_in_tables(const PublicKey& key) const {
        for (std::size_t table = 0; table < tables_.size(); ++table) {
            const auto& addresses = tables_[table].addresses;
            const auto end =
                addresses.begin() + static_cast<std::ptrdiff_t>(std::min(addresses.size(), keys_most));
            const auto found = std::find(addresses.begin(), end, key);
            if (found != end) return Place{table, static_cast<std::uint8_t>(found - addresses.begin())};
        }
        return std::nullopt;
    }

    void give_number(const Named& named) {
        numbers_.emplace(named.key, static_cast<std::uint8_t>(numbers_.size()));
    }

    const std::vector<LookupTable>& tables_;
    std::vector<Named> named_;  // in the order of first appearance
    std::map<PublicKey, std::size_t> places_;
    std::map<PublicKey, std::uint8_t> numbers_;
};

}  // namespace

Result<Message> compile_message(const MessageDraft& draft) {
    if (draft.version == MessageVersion::legacy && !draft.tables.empty())
        return refuse("a legacy message has no lookup tables: give none, or make it v0");
    Keys keys(draft);
    if (keys.payer_runs())
        return refuse("the payer " + draft.payer.to_string() + " is a program that is called");
    if (keys.size() > keys_most)
        return refuse(std::to_string(keys.size()) + " accounts, and a message has at most 256");
    const std::size_t signers = keys.count(true, true) + keys.count(true, false);
    if (signers > signers_most)
        return refuse(std::to_string(signers) + " signers, and a message has at most 127");
    if (draft.instructions.size() > list_most)
        return refuse(std::to_string(draft.instructions.size()) +
                      " instructions, and a message has at most 65535");

    Message message;
    message.version = draft.version;
    message.blockhash = draft.blockhash;
    message.signers = static_cast<std::uint8_t>(signers);
    message.readonly_signers = static_cast<std::uint8_t>(keys.count(true, false));
    message.readonly_others = static_cast<std::uint8_t>(keys.count(false, false));
    keys.number(message);
    for (const Instruction& instruction : draft.instructions) {
        const std::size_t longest = std::max(instruction.data.size(), instruction.accounts.size());
        if (longest > list_most)
            return refuse("an instruction with a list of " + std::to_string(longest) +
                          ", and 65535 is the most");
        CompiledInstruction compiled;
        compiled.program = keys.number_of(instruction.program);
        for (const AccountMeta& account : instruction.accounts)
            compiled.accounts.push_back(keys.number_of(account.key));
        compiled.data = instruction.data;
        message.instructions.push_back(std::move(compiled));
    }
    const std::size_t size = transaction_size(message);
    if (size > draft.size_most)
        return refuse("the transaction has " + std::to_string(size) + " bytes, and " +
                      std::to_string(draft.size_most) +
                      " is the most: use lookup tables or fewer instructions");
    return message;
}

}  // namespace libexec
