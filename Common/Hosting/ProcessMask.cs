using System.Runtime.InteropServices;

namespace TraversalLearning.Hosting;

/// <summary>Makes all files that this process creates private to its user: models, logs, checkpoints and their folders.</summary>
internal static partial class ProcessMask
{
    private const uint GroupAndOthers = 0b000_111_111;

    /// <summary>Removes group and other permissions from files and folders created from now on.</summary>
    public static void KeepFilesPrivate()
    {
        // A process-wide mask rather than a mode per file also covers files created by libraries.
        if (!OperatingSystem.IsWindows())
        {
            _ = SetMask(GroupAndOthers);
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);
}
