#pragma once

#include <vector>

#include "sheet.hpp"

namespace libexec::cli {

/// A sheet whose rows are written as they come. Tables have columns of fixed widths for that; json, which is
/// one document, is held back until the end.
class RowStream {
public:
    /// `widths` is one for each column; longer texts push the rest of their line to the right.
    RowStream(const Context& context, std::vector<Column> columns, std::vector<std::size_t> widths);

    void add(std::vector<Cell> row, JsonValue item = {});
    /// The document of json, `{"items":[...]}`; nothing for the others.
    void finish();

private:
    void pad(std::vector<Cell>& row) const;

    const Context& context_;
    Options options_;
    std::vector<Column> columns_;
    std::vector<std::size_t> widths_;
    Sheet held_;  ///< for json
};

}  // namespace libexec::cli
