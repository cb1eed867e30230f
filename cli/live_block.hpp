#pragma once

#include <string>

#include "terminal.hpp"

namespace libexec::cli {

/// Some lines at the end of a terminal that are drawn over again. What was drawn last stays when the block is
/// left, so that it can be scrolled back to.
class LiveBlock {
public:
    explicit LiveBlock(Console& console) : console_(console) {}

    /// How many lines and columns a block may have, so that all of it can be drawn over.
    std::size_t lines_most() const;
    std::size_t columns_most() const;
    /// Draws `text`, of whole lines, in the place of what was drawn before. Lines are cut to the width.
    void draw(const std::string& text);
    /// What follows is written below, and nothing drawn so far is touched again.
    void leave() { drawn_ = 0; }

private:
    void measure();

    Console& console_;
    std::size_t drawn_ = 0;  ///< lines
};

}  // namespace libexec::cli
