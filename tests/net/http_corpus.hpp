#pragma once

#include <vector>

#include "net/corpus_row.hpp"
#include "net/http_corpus_accepted.hpp"
#include "net/http_corpus_framing.hpp"
#include "net/http_corpus_lines.hpp"

namespace libexec::test {

/// What clients send, good and bad, one verdict each.
inline std::vector<CorpusRow> http_corpus() {
    std::vector<CorpusRow> rows = accepted_corpus();
    for (CorpusRow& row : framing_corpus()) rows.push_back(std::move(row));
    for (CorpusRow& row : lines_corpus()) rows.push_back(std::move(row));
    return rows;
}

}  // namespace libexec::test
