/* softmax and its family. (overview to come) */
#include "loops/rows/call.h"

#include "loops/environment.h"

void fa_rows(enum fa_form form, enum fa_element element, char **args, const ptrdiff_t *n, const ptrdiff_t *steps)
{
    int dy = fa_has_dy(form), scalars = fa_has_scalars(form), out = 1 + dy + scalars;
    const ptrdiff_t *core = steps + out + 1; /* the steps within a row come after those from row to row */
    fa_view x = {args[0], steps[0], core[0]}, y = {args[out], steps[out], 0};
    fa_call call = {form, element, 0, n[0], n[1], x, x, {0}, y};
    if (dy) call.dy = (fa_view){args[1], steps[1], core[1]};
    if (scalars) call.scalars = (fa_view){args[1 + dy], steps[1 + dy], 0};
    if (fa_has_rows_out(form)) call.out.step = core[1 + dy];
    call.keeps_dy = dy && args[1] == args[out] && fa_pass_of(form) & FA_SUM_TERMS;
    fa_environment saved = fa_environment_enter();
    if (element == FA_DOUBLE) fa_rows_all_f64(&call);
    else fa_rows_all_f32(&call);
    fa_environment_leave(saved, 0);
}
