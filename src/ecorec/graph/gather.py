"""The innermost loop of propagation, in vector registers: rows gathered and added up.

Written in plain numba, a row's sum is stored to memory and read back at every edge, because the
compiler cannot prove that the output is not also the input. Here the sum is one value of LLVM's
vector type, which stays in registers, and two of them take turns, so that an addition need not
wait for the one before it.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_INDEX = ir.IntType(64)
_LANE = ir.IntType(32)


@intrinsic(prefer_literal=True)
def add_rows(
    typing: Any, table: Any, first: Any, stride: Any, weights: Any, sources: Any, begin: Any,
    end: Any, out: Any, columns: Any,
) -> Any:  # fmt: skip
    """Write into `out` the sum of `columns` numbers from each of some rows of a flat table.

    The edges at even and at odd places are added up apart, then both sums: the order does not
    depend on how the columns are cut, nor on threads.

    Args:
        typing: numba's own.
        table: One-dimensional.
        first: Where in the table the numbers of row 0 begin.
        stride: Numbers from one row to the next; `columns`, if `None`.
        weights: Of the rows of the table; each counts once, if `None`.
        sources: Which row each edge reads.
        begin: First edge.
        end: Edge after the last.
        out: One-dimensional, `columns` numbers.
        columns: A constant.
    """
    if not isinstance(columns, types.IntegerLiteral):
        return None
    signature = types.void(table, first, stride, weights, sources, begin, end, out, columns)
    width = columns.literal_value

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        first, begin, end = arguments[1], arguments[5], arguments[6]

        def data(at: int) -> Any:
            return context.make_array(kinds[at])(context, builder, arguments[at]).data

        table, sources, out = data(0), data(4), data(7)
        given = [not isinstance(kind, types.NoneType) for kind in kinds]
        stride = arguments[2] if given[2] else _INDEX(width)
        weights = data(3) if given[3] else None
        number = context.get_data_type(kinds[0].dtype)
        vector = ir.VectorType(number, width)
        align = kinds[0].dtype.bitwidth // 8
        rows = builder.gep(table, [first])

        def row_of(edge: Any) -> Any:
            source = builder.load(builder.gep(sources, [edge]))
            if source.type.width < _INDEX.width:
                source = builder.zext(source, _INDEX)
            at = builder.gep(rows, [builder.mul(source, stride)])
            row = builder.load(builder.bitcast(at, vector.as_pointer()), align=align)
            if weights is None:
                return row
            weight = builder.load(builder.gep(weights, [source]))
            first_lane = builder.insert_element(ir.Constant(vector, ir.Undefined), weight, _LANE(0))
            lanes = ir.Constant(ir.VectorType(_LANE, width), [_LANE(0)] * width)
            return builder.fmul(row, builder.shuffle_vector(first_lane, first_lane, lanes))

        def add_to(total: Any, edge: Any) -> None:
            builder.store(builder.fadd(builder.load(total), row_of(edge)), total)

        zero = ir.Constant(vector, [number(0.0)] * width)
        totals = [cgutils.alloca_once_value(builder, zero) for _ in range(2)]
        for total in totals:
            builder.store(zero, total)
        odd = builder.and_(builder.sub(end, begin), _INDEX(1))
        paired = builder.sub(end, odd)
        with cgutils.for_range_slice(builder, begin, paired, _INDEX(2), _INDEX) as (edge, _):
            add_to(totals[0], edge)
            add_to(totals[1], builder.add(edge, _INDEX(1)))
        with cgutils.for_range_slice(builder, paired, end, _INDEX(1), _INDEX) as (edge, _):
            add_to(totals[0], edge)
        total = builder.fadd(builder.load(totals[0]), builder.load(totals[1]))
        builder.store(total, builder.bitcast(out, vector.as_pointer()), align=align)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def fetch_ahead(typing: Any, table: Any, row: Any, column: Any) -> Any:
    """Ask for a cache line of a table that will be read or written soon; wait for nothing.

    Args:
        typing: numba's own.
        table: Two-dimensional, rows one after another.
        row: Which row.
        column: Which number of it.
    """
    signature = types.void(table, row, column)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        row, column = (
            context.cast(builder, value, kind, types.int64)
            for value, kind in zip(arguments[1:], signature.args[1:], strict=True)
        )
        stride = builder.extract_value(array.shape, 1)
        at = builder.gep(array.data, [builder.add(builder.mul(row, stride), column)])
        byte = ir.IntType(8).as_pointer()
        kinds = [byte, _LANE, _LANE, _LANE]
        function = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), kinds)
        )
        builder.call(function, [builder.bitcast(at, byte), _LANE(0), _LANE(3), _LANE(1)])
        return context.get_dummy_value()

    return signature, generate
