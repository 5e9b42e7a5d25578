using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace TraversalLearning.Files;

/// <summary>
/// Reads a safetensors file. Opening it checks the whole header against the file's length, so that what is listed can
/// be read; tensors are read one by one, straight into the caller's memory.
/// </summary>
public sealed class SafetensorsReader : IDisposable
{
    private readonly string path;
    private readonly SafeFileHandle file;

    private SafetensorsReader(string path, SafeFileHandle file, SafetensorsHeader header)
    {
        this.path = path;
        this.file = file;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
    }

    /// <summary>The tensors, in the order of their bytes in the file.</summary>
    public IReadOnlyList<SafetensorsEntry> Tensors { get; }

    /// <summary>The text kept with them; empty if there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="SafetensorsException">The file cannot be opened, or is not a valid one.</exception>
    public static SafetensorsReader Open(string path)
    {
        SafeFileHandle? opened = null;
        try
        {
            opened = File.OpenHandle(path);
            var reader = new SafetensorsReader(path, opened, ReadHeader(path, opened));
            opened = null;
            return reader;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new SafetensorsException(path, FileError.ReasonOf(path, e), e);
        }
        finally
        {
            opened?.Dispose();
        }
    }

    /// <summary>The tensor of that name, type and shape.</summary>
    /// <exception cref="SafetensorsException">There is none.</exception>
    public SafetensorsEntry Require(string name, string dtype, IReadOnlyList<long> shape)
    {
        SafetensorsEntry? entry = Tensors.FirstOrDefault(t => string.Equals(t.Name, name, StringComparison.Ordinal));
        return entry is not null && string.Equals(entry.Dtype, dtype, StringComparison.Ordinal) && entry.Shape.SequenceEqual(shape)
            ? entry
            : throw new SafetensorsException(
                path,
                $"has {(entry is null ? "no " + name : $"{name} {entry.Dtype}[{string.Join(", ", entry.Shape)}]")}, not {name} {dtype}[{string.Join(", ", shape)}]");
    }

    /// <summary>Reads a tensor's bytes into <paramref name="target"/>, which must have just their length.</summary>
    /// <exception cref="ArgumentException">The target has another length.</exception>
    /// <exception cref="SafetensorsException">The file cannot be read, or was cut off since it was opened.</exception>
    public void Read(SafetensorsEntry tensor, Span<byte> target)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (target.Length != tensor.Length)
        {
            throw new ArgumentException($"{tensor.Name} has {tensor.Length} bytes, not {target.Length}.", nameof(target));
        }

        try
        {
            ReadExactly(path, file, target, tensor.Offset);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SafetensorsException(path, e.Message, e);
        }
    }

    /// <summary>A tensor's bytes, in an array of their own.</summary>
    /// <exception cref="SafetensorsException">As above, or the tensor is too large for one array.</exception>
    public byte[] Read(SafetensorsEntry tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Length > Array.MaxLength)
        {
            throw new SafetensorsException(path, $"{tensor.Name} has {tensor.Length} bytes, too many for one array");
        }

        byte[] bytes = new byte[tensor.Length];
        Read(tensor, bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static SafetensorsHeader ReadHeader(string path, SafeFileHandle file)
    {
        long fileLength = RandomAccess.GetLength(file);
        if (fileLength < SafetensorsFormat.PrefixLength)
        {
            throw new SafetensorsException(path, "truncated before the header");
        }

        Span<byte> prefix = stackalloc byte[SafetensorsFormat.PrefixLength];
        ReadExactly(path, file, prefix, 0);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > SafetensorsFormat.MaxHeaderLength)
        {
            throw new SafetensorsException(path, $"not a safetensors file (its header would have {length} bytes)");
        }

        long dataStart = SafetensorsFormat.PrefixLength + (long)length;
        if (fileLength < dataStart)
        {
            throw new SafetensorsException(path, "truncated within the header");
        }

        byte[] json = new byte[length];
        ReadExactly(path, file, json, SafetensorsFormat.PrefixLength);
        return SafetensorsHeader.Parse(path, json, dataStart, fileLength);
    }

    private static void ReadExactly(string path, SafeFileHandle file, Span<byte> target, long offset)
    {
        while (!target.IsEmpty)
        {
            int read = RandomAccess.Read(file, target, offset);
            if (read == 0)
            {
                throw new SafetensorsException(path, "truncated while it was read");
            }

            target = target[read..];
            offset += read;
        }
    }
}
