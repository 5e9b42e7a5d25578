using System.Buffers.Binary;
using Tensorboard;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>Reads TensorBoard's event files as TensorBoard does: records with masked checksums, up to the first that is not whole.</summary>
internal static class TensorBoardFiles
{
    /// <summary>The values of all files of a folder, in the order of their names: tag, step and value.</summary>
    public static List<(string Tag, long Step, float Value)> Read(string folder) =>
        [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).SelectMany(path => Events(File.ReadAllBytes(path))
            .Where(e => e.Summary is not null)
            .SelectMany(e => e.Summary.Value.Select(v => (v.Tag, e.Step, v.SimpleValue))))];

    /// <summary>The events of a file.</summary>
    public static IEnumerable<Event> Events(byte[] file)
    {
        int at = 0;
        while (at + 12 <= file.Length)
        {
            int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at));
            int end = at + 12 + length;
            if (end + 4 > file.Length)
            {
                yield break;
            }

            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)), Is.EqualTo(Masked(file.AsSpan(at, 8))));
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(end)), Is.EqualTo(Masked(file.AsSpan(at + 12, length))));
            yield return Event.Parser.ParseFrom(file, at + 12, length);
            at = end + 4;
        }
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        uint crc = Crc32C.Compute(bytes);
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
    }
}
