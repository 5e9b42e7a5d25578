using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Flags of the machine: device and threads.</summary>
internal sealed class MachineFlags : FlagSection
{
    public MachineFlags()
    {
        var compute = new ComputeFlags();
        Add(new RunFlag<string>(compute.Device, o => o.Device, (o, v) => o with { Device = v })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Rounding,
            IsSharedWithNodes = true,
        });
        Add(new RunFlag<bool>(compute.NoAccelerator, o => o.NoAccelerator, (o, v) => o with { NoAccelerator = v })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Rounding,
            IsSharedWithNodes = true,
        });
        Add(new RunFlag<int>(compute.Threads, o => o.Threads, (o, v) => o with { Threads = v })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Rounding,
            IsSharedWithNodes = true,
        });
    }
}
