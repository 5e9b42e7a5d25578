using System.Runtime.InteropServices;

namespace TraversalLearning.Files;

/// <summary>Kind of a file-system entry.</summary>
internal static partial class FileKind
{
    private const int CurrentFolder = -100;
    private const uint WantsType = 1;
    private const int ModeOffset = 28;
    private const int StatusBytes = 256;
    private const ushort TypeMask = 0xF000;
    private const ushort Regular = 0x8000;
    private const ushort Pipe = 0x1000;

    /// <summary>Whether the path exists and is a device, pipe or socket rather than a regular file. Follows links. Always false except on Linux.</summary>
    public static bool IsSpecial(string path) => TypeOf(path) is { } type && type != Regular;

    /// <summary>Whether the path is a pipe.</summary>
    public static bool IsPipe(string path) => TypeOf(path) == Pipe;

    private static ushort? TypeOf(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> status = stackalloc byte[StatusBytes];
        return Statx(CurrentFolder, path, flags: 0, WantsType, status) == 0 ? (ushort)(MemoryMarshal.Read<ushort>(status[ModeOffset..]) & TypeMask) : null;
    }

    // statx has the same layout on every architecture, unlike stat.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> status);
}
