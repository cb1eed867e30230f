#include <algorithm>

#include "libexec/venues/solana/pool_book.hpp"

// What a book does with the pools that searches found, and what it says where they left nothing.

namespace libexec {

Rejection PoolBook::no_pool(const PoolQuestion& question) const {
    const MintPair pair(question.mint_in, question.mint_out);
    if (const auto gap = searches_.gap(*question.family, pair))
        return reject(Reason::service_unavailable, gap->why);
    std::size_t unread = 0;
    for (const auto& entry : entries_) {
        if (entry->was_open) continue;
        ++unread;
        // The search has seen it open: what does not show it yet may be a node that lags.
        if (is_found_for(*entry, *question.family, pair))
            return reject(Reason::service_unavailable,
                          "the pool " + entry->known.address.to_string() +
                              (entry->known.left_out.empty() ? " was found and is still being read"
                                                             : " was found and does not open yet: ") +
                              entry->known.left_out);
    }
    // Whoever asks for one that a search has put others before is to ask anew.
    if (question.only && searches_.covers(*question.family, pair))
        return reject(Reason::service_unavailable, "the pool " + question.only->to_string() +
                                                       " is no longer among those that are traded in");
    std::string detail =
        question.only ? "the pool " + question.only->to_string() + " is not known here"
                      : "no known pool of " + std::string(question.family->name()) + " trades the pair";
    if (unread > 0) detail += "; " + std::to_string(unread) + " of all known pools could not be read";
    return reject(Reason::no_route, std::move(detail));
}

bool PoolBook::is_found_for(const Entry& entry, const PoolFamily& family, const MintPair& pair) {
    return entry.known.found_for == pair && entry.found_by == &family;
}

void PoolBook::keep_found(const PoolFamily& family, const MintPair& pair,
                          const std::vector<PublicKey>& pools) {
    searches_.answered(family, pair);
    std::erase_if(entries_, [&](const auto& entry) {
        return is_found_for(*entry, family, pair) &&
               std::find(pools.begin(), pools.end(), entry->known.address) == pools.end();
    });
    for (const PublicKey& address : pools) {
        const auto is_it = [&](const auto& entry) { return entry->known.address == address; };
        if (std::any_of(entries_.begin(), entries_.end(), is_it)) continue;
        const auto entry = std::make_shared<Entry>();
        entry->known.address = address;
        entry->known.family = &family;
        entry->found_by = &family;
        entry->known.found_for = pair;
        entry->addresses = {address};
        entries_.push_back(entry);
    }
}

bool PoolBook::is_listed(const PublicKey& address) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
        return entry->known.address == address && !entry->known.found_for;
    });
}

std::vector<PublicKey> PoolBook::found(const PoolFamily& family, const MintPair& pair) const {
    std::vector<PublicKey> addresses;
    for (const auto& entry : entries_) {
        if (is_found_for(*entry, family, pair)) addresses.push_back(entry->known.address);
    }
    return addresses;
}

std::string PoolBook::comes_too_early(const PoolFamily& family, const MintPair& pair) const {
    const std::optional<SearchGap> gap = searches_.gap(family, pair);
    if (!gap || !gap->is_first) return {};
    PoolQuestion question;
    question.family = &family;
    question.mint_in = pair.a;
    question.mint_out = pair.b;
    for (const auto& entry : entries_) {
        if (is_asked(*entry, question)) return {};
    }
    return gap->why;
}

}  // namespace libexec
