using System.Runtime.InteropServices;

namespace TraversalLearning.Files;

/// <summary>Creates files and folders that only the user can access (0700, 0600), and makes folder entries durable against power loss.</summary>
public static partial class PrivateFiles
{
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnFolder = OwnFile | UnixFileMode.UserExecute;
    private const int ReadOnly = 0;
    private const int WriteOnlyAtOnce = 1 | 0x800; // Linux: O_WRONLY | O_NONBLOCK

    /// <summary>Creates a folder and its missing parents; existing ones keep their permissions.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnFolder);
        }
    }

    /// <summary>Opens a file for writing; a new one is private to the user.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">A mode that may create the file.</param>
    /// <param name="share">Access allowed to others meanwhile.</param>
    /// <param name="bufferSize">0 to write through at once.</param>
    public static FileStream Open(string path, FileMode mode, FileShare share = FileShare.Read, int bufferSize = 4096)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = share, BufferSize = bufferSize };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnFile;
        }

        return new FileStream(path, options);
    }

    /// <summary>Opens a device or a pipe for writing.</summary>
    /// <exception cref="IOException">It cannot be opened, or the pipe has no reader: opening it would block forever.</exception>
    internal static FileStream OpenSpecial(string path)
    {
        // While this descriptor holds the pipe open, opening it again does not block.
        int held = FileKind.IsPipe(path) ? OpenDescriptor(path, WriteOnlyAtOnce) : 0;
        if (held < 0)
        {
            throw new IOException("nobody reads that pipe; start its reader first");
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        finally
        {
            _ = held > 0 ? CloseDescriptor(held) : 0;
        }
    }

    /// <summary>Writes a file and flushes it to the disk, overwriting an existing one.</summary>
    public static void WriteDurably(string path, ReadOnlySpan<byte> content)
    {
        using FileStream file = Open(path, FileMode.Create);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Flushes a folder's entries to the disk, so that created and renamed files survive a power loss.</summary>
    /// <exception cref="IOException">The system call failed.</exception>
    public static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // Windows has no such call; NTFS keeps its folders in its journal.
        }

        // .NET's file API refuses to open folders.
        int descriptor = OpenDescriptor(path, ReadOnly);
        if (descriptor < 0)
        {
            throw new IOException($"cannot open the folder '{path}': {Marshal.GetLastPInvokeErrorMessage()}");
        }

        try
        {
            if (Synchronise(descriptor) != 0)
            {
                throw new IOException($"cannot flush the folder '{path}': {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
        finally
        {
            _ = CloseDescriptor(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDescriptor(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronise(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);
}
