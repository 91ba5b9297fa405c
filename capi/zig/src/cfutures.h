/* What is translated to Zig, once for the whole package. */
#include <cfutures/cfutures.h>
