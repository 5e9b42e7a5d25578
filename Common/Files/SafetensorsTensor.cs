namespace TraversalLearning.Files;

/// <summary>A tensor to write.</summary>
/// <param name="Name">Its name, unique within the file.</param>
/// <param name="Dtype">Its type in the format's spelling: <c>F32</c>, <c>F64</c>, <c>I64</c>, see <see cref="SafetensorsFormat"/>.</param>
/// <param name="Shape">Its dimensions; empty for a scalar.</param>
/// <param name="Data">Its elements, row-major and little-endian. Not copied: must stay as it is until it is written.</param>
public sealed record SafetensorsTensor(string Name, string Dtype, long[] Shape, ReadOnlyMemory<byte> Data);

/// <summary>A tensor of a file that is open, see <see cref="SafetensorsReader"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dtype">Its type in the format's spelling.</param>
/// <param name="Shape">Its dimensions; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin in the file.</param>
/// <param name="Length">The number of its bytes, which is that of its shape and type.</param>
public sealed record SafetensorsEntry(string Name, string Dtype, IReadOnlyList<long> Shape, long Offset, long Length);
