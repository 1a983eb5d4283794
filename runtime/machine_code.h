/* A program as a straight line of x86-64 instructions. */
#ifndef NETC_RUNTIME_MACHINE_CODE_H
#define NETC_RUNTIME_MACHINE_CODE_H

#include <stdint.h>

typedef struct netc_machine_code netc_machine_code;

/* Instruction sets that this machine runs, best first: their number, the name of one, and how many operands its instructions
 * have, which is what programs for it are made with. None where there is no x86-64 with AVX2. */
int64_t netc_machine_code_num_targets(void);
const char *netc_machine_code_target_name(int64_t index);
int64_t netc_machine_code_target_operands(int64_t index);
/* Bytes of the planes that a target is fastest with. */
int64_t netc_machine_code_target_bytes(int64_t index);

/* Schedules a program, which is left in another order, for a target's registers; null if there is no memory. The program may
 * go. */
netc_machine_code *netc_machine_code_new(netc_program *program, int64_t target);
void netc_machine_code_free(netc_machine_code *code);
/* Makes code for planes of so many bytes, 16, 32 or 64, unless it is there; 0, -1 if the system lends no memory for code, or
 * -2 if there are more planes than an instruction's displacement of 31 bits reaches. */
int64_t netc_machine_code_emit(netc_machine_code *code, int64_t plane_bytes);
/* Makes a kernel of code for planes of so many bytes, which has been emitted; it points into the code. */
void netc_machine_code_kernel(const netc_machine_code *code, int64_t plane_bytes, netc_kernel *kernel);
/* Bytes of the code for planes of so many bytes. */
int64_t netc_machine_code_size(const netc_machine_code *code, int64_t plane_bytes);

#endif
