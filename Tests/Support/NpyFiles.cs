using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using TraversalLearning.Data;

namespace TraversalLearning.Tests.Support;

/// <summary>Makes <c>.npy</c> files, good and bad.</summary>
internal static class NpyFiles
{
    /// <summary>A file of version 1.0 with this text in its header, whatever follows.</summary>
    public static byte[] WithText(string text, byte[] content)
    {
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)text.Length);
        return [0x93, .. "NUMPY"u8, 1, 0, .. length, .. Encoding.Latin1.GetBytes(text), .. content];
    }

    /// <summary>A file with this element type and shape, as numpy spells them.</summary>
    public static byte[] Make(string descr, string shape, byte[] content) =>
        WithText($"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".PadRight(117) + "\n", content);

    /// <summary>A file with the samples of a set.</summary>
    public static byte[] SamplesOf(SampleSet set) => Make(Descr(set.Element), $"({string.Join(", ", [set.Count, .. set.Shape])})", set.Values);

    /// <summary>A file with its labels.</summary>
    public static byte[] LabelsOf(SampleSet set) => set.Targets is { } targets
        ? Make("<f8", $"({targets.Count}, {targets.Width})", MemoryMarshal.AsBytes<double>(targets.Values).ToArray())
        : Make("<i4", $"({set.Count},)", MemoryMarshal.AsBytes<int>(set.Labels).ToArray());

    /// <summary>Writes a set into a folder, as <c>train</c> or <c>test</c>.</summary>
    public static void WriteNpy(this TempFolder folder, string name, string part, SampleSet set)
    {
        folder.Write($"{name}/{part}_x.npy", SamplesOf(set));
        folder.Write($"{name}/{part}_y.npy", LabelsOf(set));
    }

    private static string Descr(SampleElement element) => element switch
    {
        SampleElement.UInt8 => "|u1",
        SampleElement.Float32 => "<f4",
        SampleElement.Float64 => "<f8",
        SampleElement.Int32 => "<i4",
        _ => "<i8",
    };
}
