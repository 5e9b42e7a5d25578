using System.Runtime.InteropServices;

namespace TraversalLearning.Files;

/// <summary>What stands under a name.</summary>
internal static partial class FileKind
{
    private const int CurrentFolder = -100;
    private const uint WantsType = 1;
    private const int ModeOffset = 28;
    private const int StatusBytes = 256;
    private const ushort TypeMask = 0xF000;
    private const ushort Regular = 0x8000;
    private const ushort Pipe = 0x1000;

    /// <summary>Whether it is there and is no regular file but a device, a pipe or a socket. Links are followed. Only Linux is asked; elsewhere it is none.</summary>
    public static bool IsSpecial(string path) => TypeOf(path) is { } type && type != Regular;

    /// <summary>Whether it is a pipe.</summary>
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

    // Its structure is the same on every architecture, which that of stat is not.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> status);
}
