using System.Buffers;

namespace TraversalLearning.Tests.Support;

/// <summary>One run of bytes as a sequence of separate blocks, as bytes come from a pipe.</summary>
internal sealed class SplitSequence : ReadOnlySequenceSegment<byte>
{
    private SplitSequence(ReadOnlyMemory<byte> memory, long runningIndex)
    {
        Memory = memory;
        RunningIndex = runningIndex;
    }

    /// <summary>Cuts <paramref name="bytes"/> into blocks of <paramref name="size"/> bytes (the last may be smaller).</summary>
    public static ReadOnlySequence<byte> Of(byte[] bytes, int size)
    {
        var first = new SplitSequence(bytes.AsMemory(0, Math.Min(size, bytes.Length)), 0);
        SplitSequence last = first;
        for (int at = last.Memory.Length; at < bytes.Length; at += last.Memory.Length)
        {
            var next = new SplitSequence(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)), at);
            last.Next = next;
            last = next;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }
}
