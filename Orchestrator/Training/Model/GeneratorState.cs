using System.Buffers.Binary;

namespace TraversalLearning.Orchestration.Training.Model;

/// <summary>
/// The state of libtorch's CPU generator as bytes (<c>CPUGeneratorImplState</c> in ATen/CPUGeneratorImpl.cpp): seed
/// (8), left (4), seeded (4), next (8), 624 numbers (8 each), then the cached half of a pair of normals. libtorch
/// aborts the process on some invalid states and reads past the numbers on others, so invalid states are refused here.
/// </summary>
internal static class GeneratorState
{
    private const int Numbers = 624;
    private const int LeftOffset = 8;
    private const int SeededOffset = 12;
    private const int NextOffset = 16;

    /// <summary>
    /// Whether a generator can resume from a state: <c>left</c> and <c>next</c> together stay within the numbers.
    /// </summary>
    /// <param name="state">As long as libtorch's own state.</param>
    public static bool IsSound(ReadOnlySpan<byte> state)
    {
        int left = BinaryPrimitives.ReadInt32LittleEndian(state[LeftOffset..]);
        int seeded = BinaryPrimitives.ReadInt32LittleEndian(state[SeededOffset..]);
        ulong next = BinaryPrimitives.ReadUInt64LittleEndian(state[NextOffset..]);

        // Each draw first decrements left; at zero the numbers are regenerated, so left - 1 of them are read from next
        // on.
        return seeded == 1 && left is >= 1 and <= Numbers && next <= (ulong)(Numbers + 1 - left);
    }
}
