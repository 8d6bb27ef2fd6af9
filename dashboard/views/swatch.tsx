import type { LayerId, Place } from '../../server/wire/stations.ts';
import './swatch.css';

/** The class that sets `--colour` to a layer's or a place's own. */
export const layerClass = (layer: LayerId): string => `of-${layer.replace('.', '-')}`;
export const placeClass = (place: Place): string => `at-${place}`;

export function Swatch({ layer }: { layer: LayerId }) {
  return <span class={`swatch ${layerClass(layer)}`} aria-hidden="true" />;
}
