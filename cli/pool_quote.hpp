#pragma once

#include <string>
#include <vector>

#include "pool_snapshot.hpp"
#include "sheet.hpp"

namespace libexec::cli {

/// What a pool is asked.
struct PoolQuestion {
    PublicKey pool;
    PublicKey mint_in;
    std::uint64_t amount = 0;  ///< base units: of `mint_in`, or of the other token where `exact_out`
    bool exact_out = false;
    ChainClock clock;
};

/// What it answers.
struct PoolAnswer {
    PoolQuestion question;
    std::string_view family;
    PublicKey mint_out;
    PoolTrade trade;

    /// The members of its JSON object, without the braces.
    std::string members() const;
};

/// Throws Trouble: not_found for a pool the folder does not have, usage for a token it does not trade, and
/// its refusal.
PoolAnswer ask_pool(PoolSnapshot& snapshot, const PoolQuestion& question);

/// What a question has besides its line: the options, and what they leave open.
struct PoolQuestionDefaults {
    std::string pool;     ///< may be empty: each line says it
    std::string mint_in;  ///< the same
    bool exact_out = false;
    AskedClock clock;
};

/// Answers a JSON object a line, in their order, out of a file or standard input ("-"). With ndjson each
/// answer is written before the next line is read.
ExitCode answer_pool_batch(const Context& context, PoolSnapshot& snapshot, const PoolQuestionDefaults& usual,
                           const std::string& file);

}  // namespace libexec::cli
