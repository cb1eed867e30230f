#include <doctest/doctest.h>

#include "libexec/solana/program_errors.hpp"
#include "libexec/solana/well_known.hpp"

using namespace libexec;

TEST_SUITE("solana/program_errors") {
    TEST_CASE("each program's word for too little output is slippage") {
        struct Row {
            PublicKey program;
            std::uint32_t number;
        };
        const Row rows[] = {{"675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"_key, 30},
                            {"CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"_key, 6005},
                            {"CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK"_key, 6022},
                            {"whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"_key, 6036},
                            {"LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo"_key, 6003},
                            {"cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG"_key, 6002}};
        for (const Row& row : rows) {
            CAPTURE(row.number);
            CHECK(reason_of_program_error(row.program, row.number) == Reason::slippage_exceeded);
            // The same number means something else elsewhere.
            CHECK(reason_of_program_error(well_known::token_program, row.number) == Reason::chain_rejected);
            CHECK(reason_of_program_error(row.program, 1) == Reason::insufficient_funds);
            CHECK(reason_of_program_error(row.program, 9'999) == Reason::chain_rejected);
        }
        CHECK(reason_of_program_error(well_known::system_program, 1) == Reason::insufficient_funds);
    }
}
