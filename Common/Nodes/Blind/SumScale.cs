using System.Buffers.Binary;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;

namespace TraversalLearning.Nodes.Blind;

/// <summary>
/// The scale of a sum of integers: one power of two for each row of a weight tensor (output channel) and each vector, so
/// that small rows do not drown in a large one. An integer is <c>q = round(∇ · 2^shift)</c>. The scale of a step follows
/// from the sums of earlier steps, so that every node has the same without exchanging it.
/// </summary>
internal sealed class SumScale
{
    // Before the first sum: the largest gradient is taken to be below 2^4, and found to be smaller at once.
    private const int FirstExponent = 4;
    private const int HeaderLength = 2 * sizeof(int);

    // A scale becomes finer by one bit in so many steps: the gradient of a unit that rarely fires is small most of the time.
    private const int StepsPerBit = 32;
    private const int StepsPerMargin = 512;
    private const int MarginStep = 2;

    private readonly Group[] _groups;
    private readonly SumFormat _format;
    private readonly int[] _shifts;
    private int _steps;

    // Headroom beyond the format's, where gradients of nodes cancel in the sum: it grows when a value did not fit, of whatever tensor.
    private int _margin;

    /// <summary>The scale before the first sum.</summary>
    /// <param name="layout">Positions of the parameters in θ.</param>
    /// <param name="format">The integers.</param>
    public SumScale(IReadOnlyList<ParameterSlice> layout, SumFormat format)
    {
        _format = format;
        TensorCount = layout.Count;
        _groups = [.. layout.SelectMany(GroupsOf)];
        _shifts = new int[_groups.Length];
        _shifts.AsSpan().Fill(format.TargetBits - FirstExponent);
    }

    /// <summary>Number of elements of θ.</summary>
    public int Count => _groups.Length == 0 ? 0 : _groups[^1].Offset + _groups[^1].Count;

    /// <summary>Number of parameter tensors.</summary>
    public int TensorCount { get; }

    /// <summary>Quantises a gradient.</summary>
    /// <param name="gradient">The gradient's elements.</param>
    /// <param name="headroom">
    /// For each tensor the bits by which its finest group is coarser, after a value did not fit; empty for none. Groups whose
    /// scale is not finer than that keep it: they do not pay for one whose gradients cancel.
    /// </param>
    /// <param name="sum">Receives the integers.</param>
    /// <returns>The tensors with elements that do not fit.</returns>
    public int[] Quantise(ReadOnlySpan<byte> gradient, ReadOnlySpan<int> headroom, Span<byte> sum)
    {
        var rounding = new IntegerRounding(_format);
        int[] shifts = Shifts(headroom);
        List<int> unfit = [];
        for (int i = 0; i < _groups.Length; i++)
        {
            Group group = _groups[i];
            if (!rounding.Quantise(gradient, sum, group.Offset, group.Count, shifts[i]) && (unfit.Count == 0 || unfit[^1] != group.Tensor))
            {
                unfit.Add(group.Tensor);
            }
        }

        return [.. unfit];
    }

    /// <summary>Converts a sum back into a gradient.</summary>
    /// <param name="sum">The integers.</param>
    /// <param name="headroom">As in <see cref="Quantise"/>.</param>
    /// <param name="gradient">Receives the gradient.</param>
    public void Dequantise(ReadOnlySpan<byte> sum, ReadOnlySpan<int> headroom, Span<byte> gradient)
    {
        var rounding = new IntegerRounding(_format);
        int[] shifts = Shifts(headroom);
        for (int i = 0; i < _groups.Length; i++)
        {
            rounding.Dequantise(sum, gradient, _groups[i].Offset, _groups[i].Count, shifts[i]);
        }
    }

    /// <summary>
    /// Decides whether a sum is precise enough. If some tensor's largest value has too few bits left, the step is to be done
    /// again on the finer scale that the sum itself shows.
    /// </summary>
    /// <param name="sum">The integers of a step.</param>
    /// <param name="headroom">As in <see cref="Quantise"/>.</param>
    /// <param name="next">The scale of the step's repetition, or of the next step: for <see cref="Use"/>.</param>
    public bool IsPrecise(ReadOnlySpan<byte> sum, ReadOnlySpan<int> headroom, out Next next)
    {
        int[] used = Shifts(headroom);
        int[] exponents = Exponents(sum, used);
        int margin = NextMargin(headroom);
        int[] shifts = new int[_shifts.Length];
        List<int> fewBits = [];
        next = new Next(shifts, margin, fewBits);
        bool coarse = false;
        for (int first = 0, end; first < _groups.Length; first = end)
        {
            for (end = first; end < _groups.Length && _groups[end].Tensor == _groups[first].Tensor; end++)
            {
            }

            Range groups = first..end;
            if (!Refine(exponents.AsSpan(groups), used.AsSpan(groups), margin, shifts.AsSpan(groups)))
            {
                continue;
            }

            if (IsAsFineAsFits(groups, used, headroom))
            {
                fewBits.Add(_groups[first].Tensor);
            }
            else
            {
                coarse = true;
            }
        }

        for (int i = 0; i < _shifts.Length && !coarse; i++)
        {
            int shift = fewBits.Contains(_groups[i].Tensor) ? used[i] : _shifts[i];
            shifts[i] = exponents[i] == int.MinValue ? shift : Math.Min(ShiftFor(exponents[i], margin), shift + (_steps % StepsPerBit == 0 ? 1 : 0));
        }

        return !coarse;
    }

    /// <summary>Takes over a scale of <see cref="IsPrecise"/>.</summary>
    public void Use(Next next)
    {
        next.Shifts.CopyTo(_shifts, 0);
        _margin = next.Margin;
        _steps++;
    }

    /// <summary>The scale as bytes, for a checkpoint.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[HeaderLength + (_shifts.Length * sizeof(short))];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, _steps);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(sizeof(int)), _margin);
        for (int i = 0; i < _shifts.Length; i++)
        {
            BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(HeaderLength + (i * sizeof(short))), (short)_shifts[i]);
        }

        return bytes;
    }

    /// <summary>The headroom of each tensor as bytes: a part of what integers depend on.</summary>
    public byte[] HeadroomToBytes(ReadOnlySpan<int> headroom)
    {
        byte[] bytes = new byte[TensorCount * sizeof(int)];
        for (int i = 0; i < headroom.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(int)), headroom[i]);
        }

        return bytes;
    }

    /// <summary>Restores a scale.</summary>
    /// <exception cref="ModelException">The bytes are not a scale of this model.</exception>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != HeaderLength + (_shifts.Length * sizeof(short)))
        {
            throw new ModelException("the scale of the sums belongs to another model");
        }

        _steps = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        _margin = Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(bytes[sizeof(int)..]), 0, _format.TargetBits);

        for (int i = 0; i < _shifts.Length; i++)
        {
            int shift = BinaryPrimitives.ReadInt16LittleEndian(bytes[(HeaderLength + (i * sizeof(short)))..]);
            _shifts[i] = Math.Abs(shift) <= 1100 ? shift : throw new ModelException("the scale of the sums is out of range");
        }
    }

    /// <summary>The shift of each group with headroom.</summary>
    private int[] Shifts(ReadOnlySpan<int> headroom)
    {
        if (!headroom.ContainsAnyExcept(0))
        {
            return _shifts;
        }

        int[] finest = new int[TensorCount];
        finest.AsSpan().Fill(int.MinValue);
        for (int i = 0; i < _groups.Length; i++)
        {
            finest[_groups[i].Tensor] = Math.Max(finest[_groups[i].Tensor], _shifts[i]);
        }

        int[] shifts = new int[_shifts.Length];
        for (int i = 0; i < shifts.Length; i++)
        {
            int tensor = _groups[i].Tensor;
            shifts[i] = Math.Min(_shifts[i], finest[tensor] - headroom[tensor]);
        }

        return shifts;
    }

    private int NextMargin(ReadOnlySpan<int> headroom) => headroom.ContainsAnyExcept(0)
        ? Math.Min(_margin + MarginStep, _format.TargetBits - _format.LeastBits - 1)
        : Math.Max(_margin - (_steps % StepsPerMargin == 0 ? 1 : 0), 0);

    /// <summary>
    /// Whether headroom alone determines a tensor's scale: then it is as fine as the nodes' gradients allow, which nearly cancel
    /// in the sum. The sum has the precision of the gradients that were given, however few bits are left of it.
    /// </summary>
    private bool IsAsFineAsFits(Range groups, int[] used, ReadOnlySpan<int> headroom)
    {
        int bits = headroom.IsEmpty ? 0 : headroom[_groups[groups.Start].Tensor];
        return bits is > 0 and <= AppliedSum.FineHeadroom && Min(used.AsSpan(groups)) == Max(_shifts.AsSpan(groups)) - bits;
    }

    /// <summary>Decides for one tensor, and writes the finer scale if it is needed.</summary>
    private bool Refine(ReadOnlySpan<int> exponents, ReadOnlySpan<int> shifts, int margin, Span<int> next)
    {
        int largest = int.MinValue;
        int coarsest = int.MaxValue;
        for (int i = 0; i < exponents.Length; i++)
        {
            largest = Math.Max(largest, exponents[i]);
            coarsest = Math.Min(coarsest, shifts[i]);
        }

        if (largest == int.MinValue)
        {
            // All zero: finer and finer until something is seen, or nothing can be.
            int finer = Math.Min(coarsest + _format.Bits - 1, _format.FinestShift);
            next.Fill(finer);
            return finer > coarsest;
        }

        for (int i = 0; i < exponents.Length; i++)
        {
            next[i] = ShiftFor(exponents[i] == int.MinValue ? largest : exponents[i], margin);
        }

        return largest + coarsest < _format.LeastBits && coarsest < Min(next);
    }

    private static int Min(ReadOnlySpan<int> values)
    {
        int least = int.MaxValue;
        foreach (int value in values)
        {
            least = Math.Min(least, value);
        }

        return least;
    }

    private static int Max(ReadOnlySpan<int> values)
    {
        int most = int.MinValue;
        foreach (int value in values)
        {
            most = Math.Max(most, value);
        }

        return most;
    }

    /// <summary>For each group the exponent e of its largest value: it is below 2^e and at least 2^(e−1); <see cref="int.MinValue"/> if all are zero.</summary>
    private int[] Exponents(ReadOnlySpan<byte> sum, int[] shifts)
    {
        var rounding = new IntegerRounding(_format);
        int[] exponents = new int[_groups.Length];
        for (int i = 0; i < _groups.Length; i++)
        {
            ulong largest = rounding.Largest(sum, _groups[i].Offset, _groups[i].Count);
            exponents[i] = largest == 0 ? int.MinValue : System.Numerics.BitOperations.Log2(largest) + 1 - shifts[i];
        }

        return exponents;
    }

    private int ShiftFor(int exponent, int margin) => Math.Min(_format.TargetBits - margin - exponent, _format.FinestShift);

    private static IEnumerable<Group> GroupsOf(ParameterSlice slice, int tensor)
    {
        int rows = slice.Shape.Length > 1 ? checked((int)slice.Shape[0]) : 1;
        int count = rows == 0 ? 0 : checked((int)(slice.Count / rows));
        return count == 0 ? [] : Enumerable.Range(0, rows).Select(row => new Group(checked((int)slice.Offset) + (row * count), count, tensor));
    }

    /// <summary>A scale to be used.</summary>
    /// <param name="Shifts">One for each group.</param>
    /// <param name="Margin">Headroom beyond the format's.</param>
    /// <param name="FewBits">Tensors whose sum has fewer bits than it must have otherwise: no finer scale fits.</param>
    internal readonly record struct Next(int[] Shifts, int Margin, IReadOnlyList<int> FewBits);

    private readonly record struct Group(int Offset, int Count, int Tensor);
}
