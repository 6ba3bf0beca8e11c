"""A vector of LANES float32 numbers for numba kernels: SIMD that the compiler would not find.

Inside a kernel ``load(array, row)`` and ``store(array, row, x)`` move the row of a C-ordered
float32 array [N,LANES]; ``+ - * /`` work between vectors and with float32 numbers; ``clip`` bounds
and ``total`` sums the lanes. LLVM maps it to AVX-512, AVX, SSE or NEON registers, whatever the
machine has.

The lowering functions (``build``) take numba's context, llvmlite's builder, the signature and the
LLVM values of the arguments, none of which these libraries give types for.
"""

import operator
from typing import Any, Callable

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, overload, register_model

LANES = 8
_FLAGS = ("reassoc", "contract", "arcp", "nsz")
_IR = ir.VectorType(ir.FloatType(), LANES)


class _Vector(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"float32x{LANES}")


VECTOR = _Vector()


def _intrinsic(define: Callable[..., Any]) -> Callable[..., Any]:
    """Declare an intrinsic; numba's types would take the typing context for a call's argument."""
    return intrinsic(define)


@register_model(_Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: types.Type) -> None:
        super().__init__(dmm, fe_type, _IR)  # type: ignore[no-untyped-call]  # numba has no type


def _row_pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    offset = builder.mul(index, ir.Constant(index.type, LANES))
    return builder.bitcast(builder.gep(data, [offset]), _IR.as_pointer())


@_intrinsic
def load(typing_context: Any, array: Any, row: Any) -> Any:
    """Return row ``row`` of a float32 array [N,LANES]."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _row_pointer(context, builder, signature.args[0], *arguments)
        return builder.load(pointer, align=4)

    return VECTOR(array, types.intp), build


@_intrinsic
def store(typing_context: Any, array: Any, row: Any, value: Any) -> Any:
    """Write ``value`` to row ``row`` of a float32 array [N,LANES]."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _row_pointer(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], pointer, align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, VECTOR), build


@_intrinsic
def splat(typing_context: Any, number: Any) -> Any:
    """Return a vector with ``number`` in every lane."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.Constant(_IR, ir.Undefined)
        for lane in range(LANES):
            vector = builder.insert_element(vector, arguments[0], ir.Constant(ir.IntType(32), lane))
        return vector

    return VECTOR(types.float32), build


@_intrinsic
def total(typing_context: Any, vector: Any) -> Any:
    """Return the sum of the lanes."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        parts = [
            builder.extract_element(arguments[0], ir.Constant(ir.IntType(32), k))
            for k in range(LANES)
        ]
        while len(parts) > 1:
            parts = [builder.fadd(a, b) for a, b in zip(parts[::2], parts[1::2])]
        return parts[0]

    return types.float32(VECTOR), build


@_intrinsic
def clip(typing_context: Any, vector: Any, limit: Any) -> Any:
    """Return the vector with every lane brought into [-limit, limit] (splat vectors as bounds)."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, high = arguments
        low = builder.fneg(high)
        x = builder.select(builder.fcmp_ordered("<", x, high), x, high)
        return builder.select(builder.fcmp_ordered(">", x, low), x, low)

    return VECTOR(VECTOR, VECTOR), build


def _define(operation: Callable[[Any, Any], Any], instruction: str) -> None:
    @_intrinsic
    def combine(typing_context: Any, a: Any, b: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return getattr(builder, instruction)(*arguments, flags=_FLAGS)

        return VECTOR(VECTOR, VECTOR), build

    # Without types: numba requires the signature of the lambdas.
    @overload(operation, inline="always")
    def implement(a, b):  # type: ignore[no-untyped-def]  # noqa: ANN001  # see above
        if a is VECTOR and b is VECTOR:
            return lambda a, b: combine(a, b)
        if a is VECTOR and b is types.float32:
            return lambda a, b: combine(a, splat(b))
        if a is types.float32 and b is VECTOR:
            return lambda a, b: combine(splat(a), b)


for _operation, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _define(_operation, _instruction)
