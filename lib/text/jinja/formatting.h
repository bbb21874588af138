#pragma once

#include "text/jinja/arguments.h"
#include "text/jinja/heap.h"
#include "text/jinja/value.h"

namespace tenon::text::jinja {

/// format % values, as Python's printf-style formatting: %s %r %d %i %u %x %X %o %c %e %f %g with
/// flags, width and precision, %(name)s from a dict.
Value percent_format(Heap& heap, const StringObject& format, const Value& values);

/// format.format(...): {} {0} {name}, attributes and subscripts behind these, !s and !r, and the
/// format specification [[fill]align][sign][0][width][,][.precision][type] for s d f e g x X o b %.
Value brace_format(Heap& heap, const StringObject& format, const Arguments& arguments);

}  // namespace tenon::text::jinja
