/* What the programs of this folder share: the short way to say that something has to succeed. */
#ifndef EXAMPLES_MUST_H
#define EXAMPLES_MUST_H

#include <cfutures/cfutures.h>
#include <stdio.h>
#include <stdlib.h>

/* MUST(cf_...(..., &error)): the error is the macro's own. */
#define MUST(call)                                                                         \
    do {                                                                                   \
        cf_error_t* error = NULL;                                                          \
        const cf_status_t status = (call);                                                 \
        if (status != CF_STATUS_OK) {                                                      \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, cf_status_name(status), \
                    error != NULL ? cf_error_message(error) : cf_status_message(status));  \
            cf_error_release(error);                                                       \
            exit(EXIT_FAILURE);                                                            \
        }                                                                                  \
    } while (0)

#endif
