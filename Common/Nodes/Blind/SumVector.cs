using System.Runtime.InteropServices;
using TraversalLearning.SecureAggregation;

namespace TraversalLearning.Nodes.Blind;

/// <summary>
/// A step's integers on the wire: one for each parameter, then those of their authenticator (<see cref="SumTag"/>), which is
/// linear: the nodes' authenticators add up to that of the sum. Nobody without the run's key can change a sum, and masks
/// that do not cancel are noticed.
/// </summary>
/// <param name="format">The integers.</param>
/// <param name="count">Number of parameters.</param>
internal sealed class SumVector(SumFormat format, int count)
{
    private readonly bool _wide = format.Bits == 64;

    /// <summary>Number of integers.</summary>
    public int Words => count + SumTag.Words;

    /// <summary>Number of bytes.</summary>
    public int Length => Words * Size;

    private int Size => _wide ? sizeof(long) : sizeof(int);

    /// <summary>The parameters' integers.</summary>
    public Span<byte> Values(Span<byte> vector) => vector[..(count * Size)];

    /// <summary>Writes the authenticator of the values.</summary>
    public void WriteTag(Span<byte> vector, ulong point)
    {
        if (_wide)
        {
            SumTag.Split(TagOf(vector, point), MemoryMarshal.Cast<byte, ulong>(vector[Values(vector).Length..]));
        }
        else
        {
            SumTag.Split(TagOf(vector, point), MemoryMarshal.Cast<byte, uint>(vector[Values(vector).Length..]));
        }
    }

    /// <summary>Whether the authenticator of a sum is that of its values.</summary>
    public bool IsAuthentic(Span<byte> vector, ulong point)
    {
        Span<byte> words = vector[Values(vector).Length..];
        ulong sent = _wide ? SumTag.Join<ulong>(MemoryMarshal.Cast<byte, ulong>(words)) : SumTag.Join<uint>(MemoryMarshal.Cast<byte, uint>(words));
        return sent == TagOf(vector, point);
    }

    private ulong TagOf(Span<byte> vector, ulong point) => _wide
        ? SumTag.Of(MemoryMarshal.Cast<byte, long>(Values(vector)), point)
        : SumTag.Of(MemoryMarshal.Cast<byte, int>(Values(vector)), point);
}
