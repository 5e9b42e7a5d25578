using System.Buffers.Binary;

namespace TraversalLearning.Orchestration.Training.Model;

/// <summary>
/// The state of libtorch's CPU generator as bytes (<c>CPUGeneratorImplState</c> in ATen/CPUGeneratorImpl.cpp): seed (8), left (4), seeded (4),
/// next (8), 624 numbers (8 each), what is left of a pair of normals. The library ends the process at some states that make no sense, and with
/// others reads beyond the numbers; so they are refused here.
/// </summary>
internal static class GeneratorState
{
    private const int Numbers = 624;
    private const int LeftOffset = 8;
    private const int SeededOffset = 12;
    private const int NextOffset = 16;

    /// <summary>Whether a generator can go on from it: between them, <c>left</c> and <c>next</c> stay within the numbers.</summary>
    /// <param name="state">Of the length that the library's own state has.</param>
    public static bool IsSound(ReadOnlySpan<byte> state)
    {
        int left = BinaryPrimitives.ReadInt32LittleEndian(state[LeftOffset..]);
        int seeded = BinaryPrimitives.ReadInt32LittleEndian(state[SeededOffset..]);
        ulong next = BinaryPrimitives.ReadUInt64LittleEndian(state[NextOffset..]);

        // Before it draws, left is counted down, and at zero the numbers are made anew: left - 1 of them are read from next on.
        return seeded == 1 && left is >= 1 and <= Numbers && next <= (ulong)(Numbers + 1 - left);
    }
}
