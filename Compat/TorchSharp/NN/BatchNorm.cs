namespace TorchSharp.Modules;

/// <summary>What the norms with running statistics share.</summary>
public abstract class NormBase : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private Parameter? _weight;
    private Parameter? _bias;
    private torch.Tensor? _running_mean;
    private torch.Tensor? _running_var;
    private torch.Tensor? _num_batches_tracked;

    protected NormBase(
        long num_features, double eps, double? momentum, bool affine, bool track_running_stats, torch.Device? device,
        torch.ScalarType? dtype, string name)
        : base(name)
    {
        this.num_features = num_features;
        this.eps = eps;
        this.momentum = momentum;
        this.affine = affine;
        this.track_running_stats = track_running_stats;
        if (affine)
        {
            weight = torch.empty(num_features, dtype, device).AsParameter();
            bias = torch.empty(num_features, dtype, device).AsParameter();
        }

        if (track_running_stats)
        {
            running_mean = torch.zeros(num_features, dtype, device);
            running_var = torch.ones(num_features, dtype, device);
            num_batches_tracked = torch.tensor(0L, device: device);
        }

        reset_parameters();
    }

    public long num_features { get; }

    public double eps { get; set; }

    public double? momentum { get; set; }

    public bool affine { get; }

    public bool track_running_stats { get; }

    public Parameter weight
    {
        get => _weight!;
        set => SetParameter(nameof(weight), _weight = value ?? throw new ArgumentNullException(nameof(value)));
    }

    public Parameter? bias
    {
        get => _bias;
        set => SetParameter(nameof(bias), _bias = value);
    }

    public torch.Tensor? running_mean
    {
        get => _running_mean;
        set => SetBuffer(nameof(running_mean), _running_mean = value);
    }

    public torch.Tensor? running_var
    {
        get => _running_var;
        set => SetBuffer(nameof(running_var), _running_var = value);
    }

    public torch.Tensor? num_batches_tracked
    {
        get => _num_batches_tracked;
        set => SetBuffer(nameof(num_batches_tracked), _num_batches_tracked = value);
    }

    public void reset_running_stats()
    {
        if (!track_running_stats) return;
        _running_mean!.zero_();
        _running_var!.fill_(1);
        _num_batches_tracked!.zero_();
    }

    public void reset_parameters()
    {
        reset_running_stats();
        if (!affine) return;
        torch.nn.init.ones_(_weight!);
        torch.nn.init.zeros_(_bias!);
    }

    protected abstract void ValidateInputDimensions(torch.Tensor input);
}

/// <summary>Normalises each channel over the batch; in training mode with the batch's own statistics, which it remembers.</summary>
public abstract class BatchNorm : NormBase
{
    private protected BatchNorm(
        long num_features, double eps, double momentum, bool affine, bool track_running_stats, torch.Device? device, torch.ScalarType? dtype, string name)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, name)
    {
    }

    public override torch.Tensor forward(torch.Tensor input)
    {
        ValidateInputDimensions(input);
        double factor = momentum ?? 0;
        if (training && num_batches_tracked is { } seen)
        {
            seen.add_(1);
            factor = momentum ?? 1.0 / seen.ToInt64();
        }

        return torch.nn.functional.batch_norm(
            input, running_mean, running_var, affine ? weight : null, bias, training || running_mean is null, factor, eps);
    }
}

public sealed class BatchNorm1d : BatchNorm
{
    internal BatchNorm1d(
        long num_features, double eps, double momentum, bool affine, bool track_running_stats, torch.Device? device, torch.ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(BatchNorm1d))
    {
    }

    protected override void ValidateInputDimensions(torch.Tensor input)
    {
        if (input.ndim is not (2 or 3)) throw new ArgumentException($"expected 2D or 3D input, but got {input.ndim}D input.");
    }
}

public sealed class BatchNorm2d : BatchNorm
{
    internal BatchNorm2d(
        long num_features, double eps, double momentum, bool affine, bool track_running_stats, torch.Device? device, torch.ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(BatchNorm2d))
    {
    }

    protected override void ValidateInputDimensions(torch.Tensor input)
    {
        if (input.ndim != 4) throw new ArgumentException($"expected 4D input, but got {input.ndim}D input.");
    }
}
