# For Doxygen: gives a field without a comment its own name as words, so that a missing docstring of anything else is
# still a warning. Leaves everything else as it is.
function has_comment() { return before ~ /^[ \t]*\/\/\// || $0 ~ /\/\// }
{
    is_field = $0 ~ /^ +[A-Za-z_:][A-Za-z0-9_:<>,&* ]* \**[a-z][a-z0-9_]*( = [^;()]*(\([^;]*\))?|\{[^;]*\})?;$/ &&
        $0 !~ /^ +(return|using|friend|throw|co_return|co_await|delete|goto|typename|public|private) / && $0 !~ /[-+*\/|^]= /
    if (is_field && !has_comment()) {
        name = $0
        sub(/( = |\{|;).*$/, "", name)
        sub(/^.*[ *]/, "", name)
        words = name
        gsub(/_/, " ", words)
        print $0 "  ///< The " words "."
    } else {
        print
    }
    before = $0
}
