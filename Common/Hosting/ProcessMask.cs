using System.Runtime.InteropServices;

namespace TraversalLearning.Hosting;

/// <summary>Whatever this process creates is its user's own: models, logs, checkpoints, the folders around them.</summary>
internal static partial class ProcessMask
{
    private const uint GroupAndOthers = 0b000_111_111;

    /// <summary>Takes every right of group and others off the files and folders that this process will create.</summary>
    public static void KeepFilesPrivate()
    {
        // The process's mask, and not a mode for each file: no file of a library and none of tomorrow is forgotten.
        if (!OperatingSystem.IsWindows())
        {
            _ = SetMask(GroupAndOthers);
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);
}
