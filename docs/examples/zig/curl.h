/* What is translated to Zig. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
